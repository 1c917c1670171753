// What a certificate's key may be used for: bits of KeyUsage, object identifiers of ExtendedKeyUsage. Pure.
//
// Standard: RFC 5280 4.2.1.3 and 4.2.1.12. The last two are older than it.

import { bitString } from '#api/codec/der.ts'

export type KeyUsage = keyof typeof KEY_USAGE_BITS
export type ExtKeyUsage = keyof typeof EXT_KEY_USAGE_OIDS

const KEY_USAGE_BITS = {
  digitalSignature: 0,
  contentCommitment: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  certSign: 5,
  crlSign: 6,
  encipherOnly: 7,
  decipherOnly: 8,
} as const

export const EXT_KEY_USAGE_OIDS = {
  any: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  ipsecTunnel: '1.3.6.1.5.5.7.3.6',
  ipsecUser: '1.3.6.1.5.5.7.3.7',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  microsoftSgc: '1.3.6.1.4.1.311.10.3.3',
  netscapeSgc: '2.16.840.1.113730.4.1',
} as const

/** The BIT STRING of the extension, without trailing zero bits. */
export function keyUsageBits(usages: readonly KeyUsage[]): Uint8Array {
  const bits = usages.map((usage) => KEY_USAGE_BITS[usage])
  const last = Math.max(...bits)
  const octets = new Uint8Array(Math.floor(last / 8) + 1)
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return bitString(octets, 7 - (last & 7))
}

const NAMES_BY_OID = new Map<string, string>(
  Object.entries(EXT_KEY_USAGE_OIDS).map(([name, oid]) => [oid, name]),
)

/** The name of an extended usage; its dotted form where it has none. */
export const extKeyUsageName = (dotted: string): string => NAMES_BY_OID.get(dotted) ?? dotted
