// The kinds of the API group autoscaling.

import { horizontalPodAutoscaler } from '#api/kinds/autoscaling/horizontal-pod-autoscaler.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const autoscalingKinds: readonly KindDefinition[] = [horizontalPodAutoscaler]
