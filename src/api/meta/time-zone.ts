// Names of time zones, `Europe/Berlin`: known or not. Go finds them by file name, so capitals count.
//
// Upstream: LoadLocation in Go's package time

/** The error of Go; undefined for a zone that exists. */
export function timeZoneProblem(name: string): string | undefined {
  if (name === '' || name === 'UTC' || name === 'Local') return undefined
  return isKnown(name) ? undefined : `unknown time zone ${name}`
}

function isKnown(name: string): boolean {
  // Offsets such as +01:00 are known to JavaScript alone.
  if (/^[+-]/.test(name)) return false
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
    // Of an old name JavaScript tells the new one alone; that it begins with a capital has to do.
    if (timeZone.toLowerCase() !== name.toLowerCase()) return /^[A-Z]/.test(name)
    return timeZone === name
  } catch {
    return false
  }
}
