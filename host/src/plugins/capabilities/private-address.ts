import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Addresses that are not of the public internet (RFC 6890 registries): loopback, private, link-local, shared, documentation, multicast, reserved. */
const notPublic = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv4');
}
for (const [net, bits] of [
  // Within it `::`, `::1`, and IPv4 addresses as they were once written (RFC 4291, 2.5.5.1).
  ['::', 96],
  // A NAT64 of one's own network (RFC 8215): it leads wherever that network does.
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv6');
}

const nat64 = new BlockList();
nat64.addSubnet('64:ff9b::', 96, 'ipv6');
nat64.addSubnet('::ffff:0:0', 96, 'ipv6');

/** Whether an IP address leads somewhere a plugin has no business unless its manifest names the address itself. */
export function isPrivateAddress(address: string): boolean {
  if (isIPv4(address)) return notPublic.check(address, 'ipv4');
  if (!isIPv6(address)) return true;
  const bare = address.replace(/%.*$/, '');
  if (nat64.check(bare, 'ipv6')) return notPublic.check(embeddedIPv4(bare), 'ipv4');
  return notPublic.check(bare, 'ipv6');
}

/** The IPv4 address in the last 32 bits. */
function embeddedIPv4(address: string): string {
  // The URL parser writes every form of an address in one way: groups of hex, no dots.
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const tail = host.slice(host.lastIndexOf('::') + 2).split(':');
  const low = Number.parseInt(tail.at(-1) || '0', 16);
  const high = Number.parseInt(tail.at(-2) || '0', 16);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
