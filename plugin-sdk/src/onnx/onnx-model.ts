/**
 * What of an ONNX file is read before it is run, by the numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. Weights are not copied.
 */
export { bytesOf } from './onnx-value.ts';
export type { OnnxTensor, OnnxValue } from './onnx-value.ts';
import { readSparse, readTensor, readValue } from './onnx-value.ts';
import type { OnnxTensor, OnnxValue } from './onnx-value.ts';
import { fieldsOf, toBytes, toInteger, toText, WireError } from './wire.ts';
import type { WireValue } from './wire.ts';

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** Empty for ai.onnx. */
  readonly domain: string;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** The tool that wrote it: `pytorch 1.13.1`; empty where it does not say. */
  readonly producer: string;
  /** Domain ('' is ai.onnx) to version. */
  readonly opsets: ReadonlyMap<string, number>;
  /** What has to be given: initializers, which old versions name among the inputs, are left out. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** All tensors with data, those in attributes and subgraphs among them. */
  readonly tensors: readonly OnnxTensor[];
  /** All nodes, those of subgraphs and functions among them. */
  readonly nodes: readonly OnnxNode[];
  /** Domains for which the file brings functions of its own. */
  readonly functionDomains: ReadonlySet<string>;
}

/** Deeper subgraphs than any tool makes; a file made to exhaust the stack has more. */
const DEEPEST = 32;

/**
 * Reads an ONNX file.
 * @throws {WireError} with what goes on from "the file": it is no protobuf, was cut off, or is one of something else.
 */
export function readOnnx(bytes: Uint8Array): OnnxModel {
  const found: Found = { tensors: [], nodes: [] };
  const opsets = new Map<string, number>();
  const functionDomains = new Set<string>();
  let irVersion = 0;
  let producer = '';
  let graph: Graph | null = null;
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) irVersion = toInteger(value);
    else if (field === 2) producer = `${toText(value)} ${producer}`.trim();
    else if (field === 3) producer = `${producer} ${toText(value)}`.trim();
    else if (field === 7) graph = readGraph(toBytes(value), found, 0);
    else if (field === 8) {
      const [domain, version] = readOpset(toBytes(value));
      opsets.set(domain, version);
    } else if (field === 25) functionDomains.add(readFunction(toBytes(value), found));
  }
  if (graph === null) throw new WireError('has no graph');
  return { irVersion, producer, opsets, ...graph, ...found, functionDomains };
}

interface Found {
  readonly tensors: OnnxTensor[];
  readonly nodes: OnnxNode[];
}

type Graph = Pick<OnnxModel, 'inputs' | 'outputs'>;

/** The operators' own domain has two names. */
function domainOf(value: WireValue): string {
  const domain = toText(value);
  return domain === 'ai.onnx' ? '' : domain;
}

function readOpset(bytes: Uint8Array): [domain: string, version: number] {
  let domain = '';
  let version = 0;
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) domain = domainOf(value);
    else if (field === 2) version = toInteger(value);
  }
  return [domain, version];
}

function readFunction(bytes: Uint8Array, found: Found): string {
  let domain = '';
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 7) readNode(toBytes(value), found, 0);
    else if (field === 10) domain = domainOf(value);
  }
  return domain;
}

function readGraph(bytes: Uint8Array, found: Found, depth: number): Graph {
  if (depth > DEEPEST) throw new WireError(`has graphs more than ${DEEPEST} deep within each other`);
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  const constants = new Set<string>();
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 1) readNode(toBytes(value), found, depth);
    else if (field === 5) {
      const tensor = readTensor(toBytes(value));
      found.tensors.push(tensor);
      constants.add(tensor.name);
    } else if (field === 11) inputs.push(readValue(toBytes(value)));
    else if (field === 12) outputs.push(readValue(toBytes(value)));
    else if (field === 15) found.tensors.push(...readSparse(toBytes(value)));
  }
  return { inputs: inputs.filter(({ name }) => !constants.has(name)), outputs };
}

function readNode(bytes: Uint8Array, found: Found, depth: number): void {
  let name = '';
  let op = '';
  let domain = '';
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 3) name = toText(value);
    else if (field === 4) op = toText(value);
    else if (field === 5) readAttribute(toBytes(value), found, depth);
    else if (field === 7) domain = domainOf(value);
  }
  found.nodes.push({ name, op, domain });
}

function readAttribute(bytes: Uint8Array, found: Found, depth: number): void {
  for (const [field, value] of fieldsOf(bytes)) {
    if (field === 5 || field === 10) found.tensors.push(readTensor(toBytes(value)));
    else if (field === 6 || field === 11) readGraph(toBytes(value), found, depth + 1);
    else if (field === 22 || field === 23) found.tensors.push(...readSparse(toBytes(value)));
  }
}
