// The pod network as a component: its informers and its loop.

import type { Client } from '#client/client.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import { type NetworkDependencies, podNetwork } from '#network/network.ts'
import type { Random } from '#sys/random.ts'

export interface NetworkOptions extends Omit<NetworkDependencies, 'informers'> {
  readonly client: Client
  readonly random: Random
}

/** Runs until `signal` aborts. */
export async function runPodNetwork(options: NetworkOptions, signal: AbortSignal): Promise<void> {
  const informers = createInformerFactory(options)
  await Promise.all([informers.start(signal), podNetwork({ ...options, informers }, signal)])
}
