// The keys that sign and verify service account tokens, and their names.
//
// A key's id is derived from the key itself, so several API servers with the same files agree, and tokens signed by an
// older key verify as long as its public half is still handed in. Upstream: pkg/serviceaccount/jwt.go

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

export interface TokenKey {
  readonly id: string
  readonly publicKey: KeyObject
  readonly algorithm: 'RS256' | 'ES256' | 'ES384' | 'ES512'
}

export type SigningKey = TokenKey & { readonly privateKey: KeyObject }

export interface TokenKeys {
  readonly signing: SigningKey
  /** The signing key first. */
  readonly verifying: readonly TokenKey[]
}

/** Reads PEM keys; the private one signs, `olderPublicKeys` verify beside it. */
export function readTokenKeys(privateKey: string, olderPublicKeys: readonly string[] = []): TokenKeys {
  const signing = { ...tokenKey(createPublicKey(privateKey)), privateKey: createPrivateKey(privateKey) }
  const older = olderPublicKeys.map((pem) => tokenKey(createPublicKey(pem)))
  return { signing, verifying: [signing, ...older.filter((key) => key.id !== signing.id)] }
}

/** A JSON Web Token with these claims. */
export function signToken(
  { id, algorithm, privateKey }: SigningKey,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid: id }).sign(privateKey)
}

function tokenKey(publicKey: KeyObject): TokenKey {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return {
    id: createHash('sha256').update(der).digest('base64url'),
    publicKey,
    algorithm: algorithmOf(publicKey),
  }
}

function algorithmOf(key: KeyObject): TokenKey['algorithm'] {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  switch (key.asymmetricKeyDetails?.namedCurve) {
    case 'prime256v1':
      return 'ES256'
    case 'secp384r1':
      return 'ES384'
    case 'secp521r1':
      return 'ES512'
    default:
      throw new Error('unknown public key type, must be RSA or ECDSA with curve 256, 384, or 521')
  }
}
