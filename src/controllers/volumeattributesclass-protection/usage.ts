// Which classes of volume attributes a claim or a volume uses: wanted, being applied, or applied. Pure.
//
// Upstream: pkg/controller/volume/vacprotection/vac_protection_controller.go

import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'

export function classesOfClaim({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as readonly string[]
}

export function classesOfVolume({ spec }: PersistentVolume): readonly string[] {
  return spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : []
}
