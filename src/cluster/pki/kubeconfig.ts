// The kubeconfig of one component or user: where the API server is, whom to trust, who one is. Pure.
//
// Certificates are embedded, so that the file can be copied; components that have their credentials renewed name
// files instead and read them again.

export interface Kubeconfig {
  readonly apiVersion: 'v1'
  readonly kind: 'Config'
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[]
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[]
  readonly contexts: readonly {
    readonly name: string
    readonly context: { readonly cluster: string; readonly user: string }
  }[]
  readonly 'current-context': string
}

export interface KubeconfigParts {
  /** Names the cluster and the context. */
  readonly name: string
  readonly user: string
  /** `https://127.0.0.1:6443` */
  readonly server: string
  /** PEM. */
  readonly authority: string
  readonly credentials:
    | { readonly certificate: string; readonly key: string }
    | { readonly certificateFile: string; readonly keyFile: string }
    | { readonly token: string }
}

export function kubeconfig(parts: KubeconfigParts): Kubeconfig {
  const { name, user } = parts
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name, cluster: { 'certificate-authority-data': base64(parts.authority), server: parts.server } },
    ],
    users: [{ name: user, user: credentialsOf(parts.credentials) }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  }
}

function credentialsOf(credentials: KubeconfigParts['credentials']): Record<string, string> {
  if ('token' in credentials) return { token: credentials.token }
  if ('certificateFile' in credentials) {
    return { 'client-certificate': credentials.certificateFile, 'client-key': credentials.keyFile }
  }
  return {
    'client-certificate-data': base64(credentials.certificate),
    'client-key-data': base64(credentials.key),
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
