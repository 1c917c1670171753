// With which rights containers run, each by itself and the pod as a whole.
//
// Upstream: ValidateSecurityContext, validatePodSpecSecurityContext in pkg/apis/core/validation/validation.go

import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { localPath } from '#api/kinds/core/pod/paths.ts'
import { validateSysctls } from '#api/kinds/core/pod/sysctls.ts'
import { validateWindowsOptions } from '#api/kinds/core/pod/windows.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import {
  invalid,
  notSupported,
  notSupportedInOrder,
  type Path,
  required,
  tooLong,
} from '#api/meta/field-error.ts'
import { each, type FieldErrors, oneOf } from '#api/meta/validation.ts'
import { isUserOrGroupId } from '#api/meta/validation-formats.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from '#api/types/core.ts'

/** `usesHostUsers` is false for a pod with a user namespace of its own. */
export function* validateSecurityContext(
  context: SecurityContext | undefined,
  usesHostUsers: boolean,
  path: Path,
): FieldErrors {
  if (!context) return
  yield* userAndGroup(context, path)
  const { procMount } = context
  if (procMount !== undefined) {
    const at = path.child('procMount')
    if (procMount !== 'Default' && procMount !== 'Unmasked') {
      yield notSupportedInOrder(at, procMount, ['Default', 'Unmasked'])
    }
    if (usesHostUsers && procMount === 'Unmasked') {
      yield invalid(at, procMount, '`hostUsers` must be false to use `Unmasked`')
    }
  }
  yield* validateSeccomp(context.seccompProfile, path.child('seccompProfile'))
  yield* validateEscalation(context, path)
  yield* validateWindowsOptions(context.windowsOptions, path.child('windowsOptions'))
  yield* validateAppArmor(context.appArmorProfile, path.child('appArmorProfile'))
}

function* userAndGroup(
  context: { readonly runAsUser?: number; readonly runAsGroup?: number },
  path: Path,
): FieldErrors {
  const { runAsUser, runAsGroup } = context
  if (runAsUser !== undefined) yield* each(path.child('runAsUser'), runAsUser, isUserOrGroupId(runAsUser))
  if (runAsGroup !== undefined) yield* each(path.child('runAsGroup'), runAsGroup, isUserOrGroupId(runAsGroup))
}

/** Privileged containers, and those that may mount, can gain any right: forbidding it would be a lie. */
function* validateEscalation(context: SecurityContext, path: Path): FieldErrors {
  if (context.allowPrivilegeEscalation !== false) return
  const shown = internalForm('SecurityContext', context)
  if (context.privileged) {
    yield invalid(path, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true')
  }
  for (const capability of context.capabilities?.add ?? []) {
    if (capability !== 'CAP_SYS_ADMIN') continue
    const text = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'
    yield invalid(path, shown, text)
  }
}

/** Of the pod: what its containers take over, and what concerns its volumes and namespaces. */
export function* validatePodSecurity(spec: PodSpec, path: Path, rules: PodRules): FieldErrors {
  const context = spec.securityContext
  if (!context) return
  if (context.fsGroup !== undefined) {
    yield* each(path.child('fsGroup'), context.fsGroup, isUserOrGroupId(context.fsGroup))
  }
  yield* userAndGroup(context, path)
  for (const [i, group] of (context.supplementalGroups ?? []).entries()) {
    yield* each(path.child('supplementalGroups').index(i), group, isUserOrGroupId(group))
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled'
    yield invalid(path.child('shareProcessNamespace'), true, text)
  }
  yield* validateSysctls(spec, path.child('sysctls'), rules)
  if (context.fsGroupChangePolicy !== undefined) {
    yield* oneOf(path.child('fsGroupChangePolicy'), context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'])
  }
  yield* validateSeccomp(context.seccompProfile, path.child('seccompProfile'))
  yield* validateWindowsOptions(context.windowsOptions, path.child('windowsOptions'))
  yield* validateAppArmor(context.appArmorProfile, path.child('appArmorProfile'))
  if (context.supplementalGroupsPolicy !== undefined) {
    const at = path.child('supplementalGroupsPolicy')
    yield* oneOf(at, context.supplementalGroupsPolicy, ['Merge', 'Strict'])
  }
  if (context.seLinuxChangePolicy !== undefined) {
    const known = rules.allowAnySELinuxChangePolicy ? ['MountOption', 'Recursive'] : ['Recursive']
    yield* oneOf(path.child('seLinuxChangePolicy'), context.seLinuxChangePolicy, known)
  }
}

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined']

function* validateSeccomp(profile: SeccompProfile | undefined, path: Path): FieldErrors {
  if (!profile) return
  const { type, localhostProfile } = profile
  if (!type) yield required(path.child('type'), 'type is required when seccompProfile is set')
  else if (!PROFILE_TYPES.includes(type)) yield notSupported(path.child('type'), type, PROFILE_TYPES)
  const at = path.child('localhostProfile')
  if (type === 'Localhost') {
    if (localhostProfile === undefined) yield required(at, 'must be set when seccomp type is Localhost')
    else yield* localPath(at, localhostProfile)
  } else if (localhostProfile !== undefined) {
    yield invalid(
      at,
      internalForm('SeccompProfile', profile),
      'can only be set when seccomp type is Localhost',
    )
  }
}

const APP_ARMOR_PROFILE_MAX_LENGTH = 4095

export function* validateAppArmor(profile: AppArmorProfile | undefined, path: Path): FieldErrors {
  if (!profile) return
  const { type, localhostProfile } = profile
  const at = path.child('localhostProfile')
  if (!type) yield required(path.child('type'), 'type is required when appArmorProfile is set')
  else if (!PROFILE_TYPES.includes(type)) yield notSupported(path.child('type'), type, PROFILE_TYPES)
  else if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      yield invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')
    }
  } else if (localhostProfile === undefined) {
    yield required(at, 'must be set when AppArmor type is Localhost')
  } else {
    if (localhostProfile !== localhostProfile.trim()) {
      yield invalid(at, localhostProfile, 'must not be padded with whitespace')
    } else if (localhostProfile === '') {
      yield required(at, 'must be set when AppArmor type is Localhost')
    }
    if (Buffer.byteLength(localhostProfile) > APP_ARMOR_PROFILE_MAX_LENGTH) {
      yield tooLong(at, APP_ARMOR_PROFILE_MAX_LENGTH)
    }
  }
}
