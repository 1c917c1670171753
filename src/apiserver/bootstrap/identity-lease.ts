// Who this API server is: a Lease `apiserver-<hash>` in kube-system, renewed while it lives.
//
// It is there for people and tools (`kubectl get leases -n kube-system`); `default/kubernetes` follows the store's own
// short leases (server-leases.ts), since it must be right within seconds. A server that stops removes its own; what a
// crashed one left is removed an hour after its last sign of life, by any of the others.
// Upstream: staging/src/k8s.io/component-helpers/apimachinery/lease, pkg/controlplane/controller/apiserverleasegc

import { createHash } from 'node:crypto'
import { isNotFound } from '#api/meta/status.ts'
import { leases } from '#api/resources.ts'
import type { Lease } from '#api/types/coordination.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { unlessNotFound } from '#apiserver/bootstrap/ensure.ts'
import type { ServerAddress } from '#apiserver/bootstrap/server-leases.ts'
import { formatMicroTime } from '#sys/clock.ts'

const NAMESPACE = 'kube-system'
const IDENTITY_LABEL = 'apiserver.kubernetes.io/identity'
const IDENTITY = 'kube-apiserver'
const DURATION_SECONDS = 3_600
const RENEW_MS = 10_000
const COLLECT_MS = 3_600_000
/** Renewals of many servers drift apart. */
const JITTER = 0.04

export interface IdentityLease {
  /** Writes it for the first time, over what an earlier process of this server left. */
  take(): Promise<void>
  /** Renews it and removes expired ones until `signal` aborts, then removes it. */
  run(signal: AbortSignal): Promise<void>
}

export function identityLease(
  { client, clock, random, log }: ServerAccess,
  hostname: string,
  advertise: ServerAddress,
): IdentityLease {
  const resource = client.resource(leases)
  const name = identityOf(hostname, advertise)
  const holder = `${name}_${random.uuid()}`

  async function write(): Promise<void> {
    const present = await unlessNotFound(resource.get(NAMESPACE, name))
    const wanted = renewed(present, formatMicroTime(clock.now()))
    await (present ? resource.update(wanted) : resource.create(wanted))
  }

  function renewed(present: Lease | undefined, now: string): Lease {
    return {
      ...present,
      metadata: {
        ...present?.metadata,
        namespace: NAMESPACE,
        name,
        labels: {
          ...present?.metadata?.labels,
          [IDENTITY_LABEL]: IDENTITY,
          'kubernetes.io/hostname': hostname,
        },
      },
      spec: { holderIdentity: holder, leaseDurationSeconds: DURATION_SECONDS, renewTime: now },
    }
  }

  async function repeat(periodMs: number, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(periodMs * (1 + JITTER * random.next()), signal).catch(() => undefined)
      if (signal.aborted) return
      await work().catch((error: unknown) =>
        log.warn({ lease: name, error: String(error) }, 'could not keep the identity leases'),
      )
    }
  }

  async function collect(): Promise<void> {
    const { items } = await resource.list({
      namespace: NAMESPACE,
      labelSelector: `${IDENTITY_LABEL}=${IDENTITY}`,
    })
    for (const lease of items) {
      if (!isExpired(lease, clock.now())) continue
      const { name: expired = '', resourceVersion } = lease.metadata ?? {}
      const preconditions = resourceVersion === undefined ? {} : { preconditions: { resourceVersion } }
      await unlessNotFound(resource.delete(NAMESPACE, expired, preconditions))
    }
  }

  return {
    take: write,
    async run(signal) {
      await Promise.all([repeat(RENEW_MS, write, signal), repeat(COLLECT_MS, collect, signal)])
      await resource.delete(NAMESPACE, name).catch((error: unknown) => {
        if (!isNotFound(error)) log.warn({ lease: name, error: String(error) }, 'could not remove the lease')
      })
    },
  }
}

/** The same for a server that comes back; several servers of one machine differ by their address. */
export function identityOf(hostname: string, { address, port }: ServerAddress): string {
  const digest = createHash('sha256').update(`${hostname}\0${IDENTITY}\0${address}:${port}`).digest()
  return `apiserver-${base32(digest.subarray(0, 16))}`
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

function base32(bytes: Uint8Array): string {
  let bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  bits = bits.padEnd(Math.ceil(bits.length / 5) * 5, '0')
  return (bits.match(/.{5}/g) ?? []).map((group) => ALPHABET[Number.parseInt(group, 2)]).join('')
}

/** Without a time or duration it is none that a server wrote. */
export function isExpired({ spec }: Lease, now: number): boolean {
  if (!spec?.renewTime || spec.leaseDurationSeconds === undefined) return true
  return Date.parse(spec.renewTime) + spec.leaseDurationSeconds * 1000 < now
}
