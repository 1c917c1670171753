// Where everything of a cluster lies: its data, which stays, and its run time state, which a reboot removes. Pure.

import { createHash } from 'node:crypto'
import path from 'node:path'

/** What a cluster is: in its data directory, and while it runs in its run time folder. */
export const CONFIG_FILE = 'cluster.json'

export const DATA_ROOT = '/var/lib/k8ts'
const RUN_ROOT = '/run/k8ts'

export interface ClusterLayout {
  readonly name: string
  readonly dataDir: string
  readonly configFile: string
  readonly pkiDir: string
  readonly storeDir: string
  readonly etcdDir: string
  readonly logDir: string
  readonly kubeconfigDir: string
  /** The administrator's kubeconfig. */
  readonly adminKubeconfig: string
  /** Sockets, pins of namespaces, process ids: short, since socket paths are bounded. */
  readonly runDir: string
  readonly runRecord: string
  readonly lockFile: string
  /** Where the hosts' namespaces are pinned. */
  readonly pinDir: string
  readonly supervisorSocket: string
  readonly supervisorPidFile: string
  /** The bridge between the hosts: interface names have at most 15 characters. */
  readonly bridge: string
  /** Tables in the machine's own network namespace. */
  readonly proxyTable: string
  readonly hostsTable: string
  /** Below each cgroup hierarchy. */
  readonly cgroup: string
}

export interface NodeLayout {
  readonly name: string
  /** Its number, from 1. */
  readonly index: number
  readonly dir: string
  readonly kubeletDir: string
  readonly containerdRoot: string
  readonly containerdState: string
  readonly containerdSocket: string
  readonly containerdConfig: string
  readonly cniConfDir: string
  readonly cniStateDir: string
  readonly netNamespace: string
  readonly mountNamespace: string
  readonly cgroup: string
  /** Its end of the cable on the bridge. */
  readonly link: string
}

/** `dataDir` absent: /var/lib/k8ts/NAME. */
export function clusterLayout(name: string, dataDir = path.join(DATA_ROOT, name)): ClusterLayout {
  const id = shortId(name)
  const runDir = path.join(RUN_ROOT, id)
  return {
    name,
    dataDir,
    configFile: path.join(dataDir, CONFIG_FILE),
    pkiDir: path.join(dataDir, 'pki'),
    storeDir: path.join(dataDir, 'store'),
    etcdDir: path.join(dataDir, 'etcd'),
    logDir: path.join(dataDir, 'logs'),
    kubeconfigDir: path.join(dataDir, 'kubeconfig'),
    adminKubeconfig: path.join(dataDir, 'kubeconfig', 'admin'),
    runDir,
    runRecord: path.join(runDir, CONFIG_FILE),
    lockFile: path.join(runDir, 'lock'),
    pinDir: path.join(runDir, 'pins'),
    supervisorSocket: path.join(runDir, 'supervisor.sock'),
    supervisorPidFile: path.join(runDir, 'supervisor.pid'),
    bridge: `k8ts-${id}`,
    proxyTable: `k8ts-proxy-${id}`,
    hostsTable: `k8ts-hosts-${id}`,
    cgroup: `k8ts-${id}`,
  }
}

export function nodeLayout(cluster: ClusterLayout, index: number): NodeLayout {
  const name = `${cluster.name}-${index}`
  const dir = path.join(cluster.dataDir, 'nodes', name)
  const runDir = path.join(cluster.runDir, String(index))
  return {
    name,
    index,
    dir,
    kubeletDir: path.join(dir, 'kubelet'),
    containerdRoot: path.join(dir, 'containerd'),
    containerdState: path.join(runDir, 'containerd'),
    containerdSocket: path.join(runDir, 'containerd.sock'),
    containerdConfig: path.join(dir, 'containerd.toml'),
    cniConfDir: path.join(dir, 'cni', 'conf'),
    cniStateDir: path.join(dir, 'cni', 'addresses'),
    netNamespace: path.join(cluster.pinDir, `${index}.net`),
    mountNamespace: path.join(cluster.pinDir, `${index}.mnt`),
    cgroup: path.join(cluster.cgroup, String(index)),
    link: `k8${shortId(cluster.name)}-${index}`,
  }
}

/** A name of eight letters for places where the cluster's own would be too long. */
function shortId(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 8)
}
