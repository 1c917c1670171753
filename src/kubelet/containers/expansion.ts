// `$(NAME)` in commands, arguments, environment values and subPathExpr. Pure.
//
// `$$` is one `$`, so `$$(NAME)` stays text; a reference to what is not known stays as it is written.
// Upstream: third_party/forked/golang/expansion/expand.go

type Lookup = (name: string) => string | undefined

/** Replaces references that `lookup` knows. */
export function expand(text: string, lookup: Lookup): string {
  let result = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char !== '$' || at + 1 >= text.length) {
      result += char
      continue
    }
    const next = text[at + 1]
    const end = next === '(' ? text.indexOf(')', at + 2) : -1
    if (next === '$') {
      result += '$'
      at++
    } else if (next !== '(') {
      result += `$${next}`
      at++
    } else if (end < 0) {
      // Never closed: the rest is taken as it is.
      result += '$('
      at++
    } else {
      const name = text.slice(at + 2, end)
      result += lookup(name) ?? `$(${name})`
      at = end
    }
  }
  return result
}

/** A lookup in several maps, the first that has the name winning. */
export function lookupIn(...maps: readonly ReadonlyMap<string, string>[]): Lookup {
  return (name) => {
    for (const map of maps) {
      const value = map.get(name)
      if (value !== undefined) return value
    }
    return undefined
  }
}
