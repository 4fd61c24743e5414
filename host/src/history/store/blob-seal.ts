import { crc32 } from 'node:zlib';
import { BlobFormatError } from './byte-reader.ts';

/**
 * Every blob of the history passes through this on its way to the disk and back: the one place where a tenant's data is sealed.
 * `place` says what the blob is and where it belongs (`ticks/3/1400000000000/0`), so that one that was moved elsewhere does not open.
 */
export interface BlobSeal {
  seal(plain: Uint8Array, place: string): Uint8Array;
  /** @throws {BlobFormatError} when it is not what was sealed. */
  open(sealed: Uint8Array, place: string): Uint8Array;
}

/** Guards against damage, not against readers: a CRC-32 of the place and the blob in front of it, 4 bytes, little endian. */
export class ChecksumSeal implements BlobSeal {
  seal(plain: Uint8Array, place: string): Uint8Array {
    const sealed = new Uint8Array(plain.byteLength + 4);
    sealed.set(plain, 4);
    new DataView(sealed.buffer).setUint32(0, crc32(plain, crc32(place)), true);
    return sealed;
  }

  open(sealed: Uint8Array, place: string): Uint8Array {
    if (sealed.byteLength < 4) throw new BlobFormatError('it is empty');
    const plain = sealed.subarray(4);
    const expected = new DataView(sealed.buffer, sealed.byteOffset, 4).getUint32(0, true);
    if (crc32(plain, crc32(place)) !== expected) throw new BlobFormatError('its checksum does not fit');
    return plain;
  }
}
