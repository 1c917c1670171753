// ServiceAccount: each pod runs as a service account and finds that account's token, the cluster's certificate and its
// namespace under /var/run/secrets/kubernetes.io/serviceaccount.
//
// Upstream: plugin/pkg/admission/serviceaccount/admission.go

import { isNotFound } from '#api/meta/status.ts'
import { serviceAccounts } from '#api/resources.ts'
import type { Container, Pod, ServiceAccount, Volume } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { isFor, objectOf, refuse } from '#apiserver/admission/refuse.ts'
import { secretReferenceFault } from '#apiserver/admission/service-account-secrets.ts'
import { isMirrorPod, secretNames } from '#apiserver/authorization/pod-references.ts'
import { randomSuffix } from '#sys/random.ts'

const DEFAULT_ACCOUNT = 'default'
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const VOLUME_PREFIX = 'kube-api-access-'
/** A little over an hour: the number by which the token subresource knows volumes that were put in here. */
const TOKEN_SECONDS = 3607
/** How long the default account of a new namespace is waited for; its controller makes it. */
const DEFAULT_ACCOUNT_WAIT_MS = 1_500

export function serviceAccountAdmission(access: ServerAccess): AdmissionPlugin {
  const { client, clock, random } = access
  const informer = access.informers.informer(serviceAccounts)

  async function find(namespace: string, name: string): Promise<ServiceAccount | undefined> {
    const cached = informer.get(`${namespace}/${name}`)
    if (cached) return cached
    try {
      return await client.resource(serviceAccounts).get(namespace, name)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return name === DEFAULT_ACCOUNT ? waitFor(`${namespace}/${name}`) : undefined
  }

  function waitFor(key: string): Promise<ServiceAccount | undefined> {
    return new Promise((resolve) => {
      let stop: () => void = () => undefined
      const finish = () => {
        timer.cancel()
        stop()
        resolve(informer.get(key))
      }
      const timer = clock.after(DEFAULT_ACCOUNT_WAIT_MS, finish)
      stop = informer.onChange((change) => {
        const { namespace, name } = change.object.metadata ?? {}
        if (change.type === 'added' && `${namespace}/${name}` === key) queueMicrotask(finish)
      })
    })
  }

  async function accountOf(request: AdmissionRequest, pod: Draft<Pod>): Promise<ServiceAccount> {
    const { namespace } = request
    const name = pod.spec?.serviceAccountName ?? ''
    const account = await find(namespace, name)
    if (account) return account
    const why = `serviceaccount ${JSON.stringify(name)} not found`
    throw refuse(request, `error looking up service account ${namespace}/${name}: ${why}`)
  }

  return {
    name: 'ServiceAccount',
    handles: (request) =>
      isFor(request, '', 'pods', ['CREATE']) ||
      isFor(request, '', 'pods', ['UPDATE'], ['ephemeralcontainers']),
    async mutate(request) {
      if (request.operation !== 'CREATE') return
      const pod = objectOf<Draft<Pod>>(request)
      if (!pod.spec) return
      // A mirror pod must stay as its kubelet made it.
      if (isMirrorPod(pod)) return checkMirrorPod(request, pod)
      if (!pod.spec.serviceAccountName) {
        pod.spec.serviceAccountName = DEFAULT_ACCOUNT
        pod.spec.serviceAccount = DEFAULT_ACCOUNT
      }
      const account = await accountOf(request, pod)
      if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) {
        mountToken(pod.spec, () => VOLUME_PREFIX + randomSuffix(random, 5))
      }
      const pullSecrets = account.imagePullSecrets ?? []
      if (!pod.spec.imagePullSecrets?.length && pullSecrets.length > 0) {
        pod.spec.imagePullSecrets = pullSecrets.map(({ name }) => ({ ...(name !== undefined && { name }) }))
      }
    },
    async validate(request) {
      const pod = objectOf<Draft<Pod>>(request)
      if (request.operation === 'CREATE' && isMirrorPod(pod)) return checkMirrorPod(request, pod)
      if (!pod.spec?.serviceAccountName) {
        throw refuse(request, `no service account specified for pod ${request.namespace}/${request.name}`)
      }
      const account = await accountOf(request, pod)
      const fault = secretReferenceFault(account, pod, request.operation === 'UPDATE')
      if (fault) throw refuse(request, fault)
    },
  }
}

function checkMirrorPod(request: AdmissionRequest, pod: Draft<Pod>): void {
  if (pod.spec?.serviceAccountName) throw refuse(request, 'a mirror pod may not reference service accounts')
  if (secretNames(pod).size > 0) throw refuse(request, 'a mirror pod may not reference secrets')
  const sources = (pod.spec?.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? [])
  if (sources.some((source) => source.serviceAccountToken)) {
    throw refuse(request, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

type PodSpecDraft = NonNullable<Draft<Pod>['spec']>

function mountToken(spec: PodSpecDraft, makeName: () => string): void {
  const present = (spec.volumes ?? []).find(({ name }) => name.startsWith(VOLUME_PREFIX))
  const name = present?.name ?? makeName()
  let isNeeded = false
  for (const container of [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
  ] as Draft<Container>[]) {
    // What a container mounts there itself takes the token's place.
    if (container.volumeMounts?.some(({ mountPath }) => mountPath === MOUNT_PATH)) continue
    container.volumeMounts = [
      ...(container.volumeMounts ?? []),
      { name, readOnly: true, mountPath: MOUNT_PATH },
    ]
    isNeeded = true
  }
  if (!present && isNeeded) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

function tokenVolume(name: string): Draft<Volume> {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  }
}
