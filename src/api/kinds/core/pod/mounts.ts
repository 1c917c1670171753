// Where a container sees the volumes of its pod: as directories (mounts) or as block devices.
//
// Upstream: ValidateVolumeMounts, ValidateVolumeDevices in pkg/apis/core/validation/validation.go

import { localPath, noBacksteps } from '#api/kinds/core/pod/paths.ts'
import type { KnownVolumes } from '#api/kinds/core/pod/volumes.ts'
import { forbidden, invalid, notFound, type Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type { Container, EphemeralContainer, VolumeDevice, VolumeMount } from '#api/types/core.ts'

type AnyContainer = Container | EphemeralContainer

export function* validateMounts(container: AnyContainer, volumes: KnownVolumes, path: Path): FieldErrors {
  const devices = container.volumeDevices ?? []
  const mountPaths = new Set<string>()
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = path.index(i)
    if (!mount.name) yield required(at.child('name'))
    if (!volumes.has(mount.name)) yield notFound(at.child('name'), mount.name)
    if (!mount.mountPath) yield required(at.child('mountPath'))
    if (mountPaths.has(mount.mountPath))
      yield invalid(at.child('mountPath'), mount.mountPath, 'must be unique')
    mountPaths.add(mount.mountPath)
    if (devices.some(({ name }) => name === mount.name)) {
      yield invalid(at.child('name'), mount.name, 'must not already exist in volumeDevices')
    }
    if (devices.some(({ devicePath }) => devicePath === mount.mountPath)) {
      yield invalid(
        at.child('mountPath'),
        mount.mountPath,
        'must not already exist as a path in volumeDevices',
      )
    }
    yield* validateSubPaths(mount, path, at)
    yield* validatePropagation(mount, container, path.child('mountPropagation'))
    yield* validateRecursiveReadOnly(mount, path.child('recursiveReadOnly'))
  }
}

function* validateSubPaths(mount: VolumeMount, listPath: Path, path: Path): FieldErrors {
  if (mount.subPath) yield* localPath(listPath.child('subPath'), mount.subPath)
  if (!mount.subPathExpr) return
  if (mount.subPath) {
    yield invalid(
      path.child('subPathExpr'),
      mount.subPathExpr,
      'subPathExpr and subPath are mutually exclusive',
    )
  }
  yield* localPath(listPath.child('subPathExpr'), mount.subPathExpr)
}

function* validatePropagation(mount: VolumeMount, container: AnyContainer, path: Path): FieldErrors {
  const propagation = mount.mountPropagation
  if (propagation === undefined) return
  yield* oneOf(path, propagation, ['Bidirectional', 'HostToContainer', 'None'])
  if (propagation === 'Bidirectional' && !container.securityContext?.privileged) {
    yield forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')
  }
}

function* validateRecursiveReadOnly(mount: VolumeMount, path: Path): FieldErrors {
  const mode = mount.recursiveReadOnly
  if (mode === undefined || mode === 'Disabled') return
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    yield* oneOf(path, mode, ['Disabled', 'Enabled', 'IfPossible'])
    return
  }
  if (!mount.readOnly) yield forbidden(path, 'may only be specified when readOnly is true')
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    yield forbidden(path, 'may only be specified when mountPropagation is None or not specified')
  }
}

export function* validateDevices(container: AnyContainer, volumes: KnownVolumes, path: Path): FieldErrors {
  const mounts = container.volumeMounts ?? []
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [i, device] of (container.volumeDevices ?? []).entries()) {
    const at = path.index(i)
    yield* validateDeviceName(device, at.child('name'), volumes, names)
    yield* validateDevicePath(device, at.child('devicePath'), paths)
    if (mounts.some(({ name }) => name === device.name)) {
      yield invalid(at.child('name'), device.name, 'must not already exist in volumeMounts')
    }
    if (mounts.some(({ mountPath }) => mountPath === device.devicePath)) {
      const text = 'must not already exist as a path in volumeMounts'
      yield invalid(at.child('devicePath'), device.devicePath, text)
    }
    if (device.name) names.add(device.name)
  }
}

function* validateDeviceName(
  device: VolumeDevice,
  path: Path,
  volumes: KnownVolumes,
  names: ReadonlySet<string>,
): FieldErrors {
  const volume = volumes.get(device.name)
  if (!device.name) yield required(path)
  if (names.has(device.name)) yield invalid(path, device.name, 'must be unique')
  if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
    const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
    yield invalid(path, device.name, text)
  }
  if (!volume) yield notFound(path, device.name)
}

function* validateDevicePath(device: VolumeDevice, path: Path, paths: Set<string>): FieldErrors {
  const { devicePath } = device
  if (!devicePath) yield required(path)
  if (paths.has(devicePath)) yield invalid(path, devicePath, 'must be unique')
  if (devicePath && !noBacksteps(path, devicePath).next().done) {
    yield invalid(path, devicePath, "can not contain backsteps ('..')")
  } else {
    paths.add(devicePath)
  }
}
