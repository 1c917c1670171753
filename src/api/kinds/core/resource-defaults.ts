// Amounts of resources are stored in thousandths at the finest; what is finer is rounded up.
//
// Upstream: SetDefaults_ResourceList in pkg/apis/core/v1/defaults.go

import { formatQuantity, parseQuantity } from '#api/meta/quantity.ts'

const MILLI = -3

/** Rounds all amounts of a list, in place. */
export function roundResources(list: { [name: string]: string } | undefined): void {
  for (const [name, text] of Object.entries(list ?? {})) {
    // Only `n`, `u`, an exponent or more than three decimals can be finer.
    if (list && /[nue.]/.test(text)) list[name] = roundUpToMilli(text)
  }
}

function roundUpToMilli(text: string): string {
  const { mantissa, scale, format } = parseQuantity(text)
  if (scale >= MILLI) return text
  const divisor = 10n ** BigInt(MILLI - scale)
  const magnitude = ((mantissa < 0n ? -mantissa : mantissa) + divisor - 1n) / divisor
  return formatQuantity({ mantissa: mantissa < 0n ? -magnitude : magnitude, scale: MILLI, format })
}
