// The scheduler's plugins, in the order in which they judge. Upstream: …/apis/config/v1/default_plugins.go

import type { SchedulerPlugin } from '#scheduler/framework.ts'
import { balancedAllocation } from '#scheduler/plugins/balanced-allocation.ts'
import { imageLocality } from '#scheduler/plugins/image-locality.ts'
import { interPodAffinity } from '#scheduler/plugins/inter-pod-affinity.ts'
import { nodeAffinity } from '#scheduler/plugins/node-affinity.ts'
import { nodeName } from '#scheduler/plugins/node-name.ts'
import { nodePorts } from '#scheduler/plugins/node-ports.ts'
import { nodeUnschedulable } from '#scheduler/plugins/node-unschedulable.ts'
import { nodeVolumeLimits } from '#scheduler/plugins/node-volume-limits.ts'
import { podTopologySpread } from '#scheduler/plugins/pod-topology-spread.ts'
import { resourcesFit } from '#scheduler/plugins/resources-fit.ts'
import { schedulingGates } from '#scheduler/plugins/scheduling-gates.ts'
import { taintToleration } from '#scheduler/plugins/taint-toleration.ts'
import { volumeBinding } from '#scheduler/plugins/volume-binding.ts'
import { volumeRestrictions } from '#scheduler/plugins/volume-restrictions.ts'
import { volumeZone } from '#scheduler/plugins/volume-zone.ts'

export const allPlugins: readonly SchedulerPlugin[] = [
  schedulingGates,
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  resourcesFit,
  volumeRestrictions,
  nodeVolumeLimits,
  volumeBinding,
  volumeZone,
  podTopologySpread,
  interPodAffinity,
  balancedAllocation,
  imageLocality,
]
