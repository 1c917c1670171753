// The floor: pods through CRI alone, as the kubelet would ask for them, without anybody who schedules or reports.
//
// The runtime is given the same work as by the kubelet: configurations from the kubelet's own functions out of a pod
// that the API server has completed (mounts, environment, DNS, cgroup of its own, limits, seccomp), with the files to
// mount made beforehand. Otherwise the floor would be lower than what any kubelet could reach.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Pod } from '#api/types/core.ts'
import { nodeLayout } from '#cluster/layout.ts'
import type { TestCluster } from '#cluster/start-cluster.ts'
import { containerConfig } from '#kubelet/containers/container-config.ts'
import { parseResolvConf, podDNS } from '#kubelet/containers/dns.ts'
import { sandboxConfig } from '#kubelet/containers/sandbox-config.ts'
import { connectRuntime } from '#kubelet/cri/runtime.ts'
import type { ContainerConfig, Mount, SandboxConfig } from '#kubelet/cri/types.ts'
import { createLimiter } from '#kubelet/pods/limiter.ts'
import { systemClock } from '#sys/clock.ts'
import { systemRandom } from '#sys/random.ts'

interface Prepared {
  readonly sandbox: SandboxConfig
  readonly container: ContainerConfig
}

/**
 * Milliseconds until `count` pods like `template` run, at most `atOnce` of their sandboxes in the making at a time.
 * They are removed afterwards.
 */
export async function rawPods(
  cluster: TestCluster,
  template: Pod,
  count: number,
  atOnce: number,
): Promise<number> {
  const runtime = connectRuntime(nodeLayout(cluster.layout, 1).containerdSocket)
  const folder = await mkdtemp(path.join(tmpdir(), 'k8ts-bench-'))
  const sandboxes: string[] = []
  const limiter = createLimiter(atOnce)
  const image = (await runtime.imageStatus(template.spec?.containers[0]?.image ?? ''))?.id ?? ''
  const prepared = await Promise.all(
    Array.from({ length: count }, (_, i) => prepare(cluster, template, path.join(folder, String(i)), image)),
  )
  const start = async ({ sandbox, container }: Prepared): Promise<void> => {
    const id = await limiter.run(() => runtime.runSandbox(sandbox, ''))
    sandboxes.push(id)
    await runtime.startContainer(await runtime.createContainer(id, container, sandbox))
  }
  try {
    const since = systemClock.monotonic()
    await Promise.all(prepared.map(start))
    return systemClock.monotonic() - since
  } finally {
    for (const id of sandboxes) {
      await runtime.stopSandbox(id)
      await runtime.removeSandbox(id)
    }
    runtime.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function prepare(
  cluster: TestCluster,
  template: Pod,
  folder: string,
  imageRef: string,
): Promise<Prepared> {
  const uid = systemRandom.uuid()
  const pod: Pod = { ...template, metadata: { ...template.metadata, name: `raw-${uid}`, uid } }
  const [spec] = pod.spec?.containers ?? []
  if (!spec) throw new Error('a pod without containers')
  const { dns, environment } = await surroundings(cluster, pod)
  const sandbox = sandboxConfig(pod, {
    attempt: 0,
    dns,
    clusterDomain: 'cluster.local',
    cgroupParent: `/${nodeLayout(cluster.layout, 1).cgroup}/bench/pod${uid}`,
    logRoot: folder,
  })
  await mkdir(path.join(sandbox.logDirectory, spec.name), { recursive: true })
  const config = containerConfig(pod, spec, {
    restartCount: 0,
    imageRef,
    imageUser: { uid: 0, username: '' },
    environment,
    mounts: await mounts(pod, folder),
    seccompRoot: folder,
    memoryCapacityBytes: 2 ** 34,
  })
  // Without its labels: the kubelet of the node would take the pod for one of its own, and end it.
  return { sandbox: { ...sandbox, labels: {} }, container: { ...config, labels: {} } }
}

/** DNS of a cluster, and the variables that lead every pod to the API server. */
async function surroundings(cluster: TestCluster, pod: Pod) {
  const clusterDNS = {
    servers: [cluster.config.serviceCIDR.replace(/\d+\/\d+$/, '10')],
    domain: 'cluster.local',
  }
  const { config: dns } = podDNS(pod, clusterDNS, parseResolvConf(await readFile('/etc/resolv.conf', 'utf8')))
  const names = ['SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_HTTPS', 'PORT', 'PORT_443_TCP']
  const environment = new Map(names.map((name) => [`KUBERNETES_${name}`, 'tcp://10.96.0.1:443']))
  return { dns, environment }
}

/** The pod's volumes as folders, /etc/hosts and the file for the last words. */
async function mounts(pod: Pod, folder: string): Promise<readonly Mount[]> {
  const result: Mount[] = []
  const add = (containerPath: string, hostPath: string, readonly: boolean): void => {
    result.push({ containerPath, hostPath, readonly, propagation: 'PROPAGATION_PRIVATE' })
  }
  for (const { name, mountPath } of pod.spec?.containers[0]?.volumeMounts ?? []) {
    await mkdir(path.join(folder, name), { recursive: true })
    await writeFile(path.join(folder, name, 'token'), 'x')
    add(mountPath, path.join(folder, name), true)
  }
  for (const file of ['/etc/hosts', '/dev/termination-log']) {
    const hostPath = path.join(folder, path.basename(file))
    await writeFile(hostPath, '')
    add(file, hostPath, false)
  }
  return result
}
