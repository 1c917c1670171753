// JSON as Go writes a map: keys in order, and <, > and & escaped. Revisions are compared and hashed as such text.
//
// Upstream: encoding/json (Marshal)

/** `undefined` is left out, as absent. */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return `{${entries.map(([key, item]) => `${quoted(key)}:${goJson(item)}`).join(',')}}`
  }
  return typeof value === 'string' ? quoted(value) : JSON.stringify(value)
}

const ESCAPED = /[<>&\u2028\u2029]/g

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
