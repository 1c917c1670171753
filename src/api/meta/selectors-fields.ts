// Field selectors: `metadata.name=web,status.phase!=Running`. Only what a kind declares can be selected by.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/fields/selector.go

import { SelectorError } from '#api/meta/selectors.ts'

export interface FieldTerm {
  readonly field: string
  readonly isEqual: boolean
  readonly value: string
}

/** All terms must hold; none selects everything. */
export type FieldSelector = readonly FieldTerm[]

/** Parses; backslash escapes `,`, `=` and itself within values. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  const parts = splitTerms(text).sort()
  const terms = parts.filter((part) => part !== '').map((part) => parseTerm(part, text))
  return terms.filter(({ field, value }) => field !== '' || value !== '')
}

/** `getField` gives a field's value; a field that the kind does not have is '' as in Go. */
export function matchesFields(
  selector: FieldSelector,
  getField: (field: string) => string | undefined,
): boolean {
  return selector.every(({ field, isEqual, value }) => ((getField(field) ?? '') === value) === isEqual)
}

/** The value that the selector demands of `field`, if it does. */
export function exactField(selector: FieldSelector, field: string): string | undefined {
  return selector.find((term) => term.field === field && term.isEqual)?.value
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector
    .map(({ field, isEqual, value }) => `${field}${isEqual ? '=' : '!='}${value.replace(/[\\,=]/g, '\\$&')}`)
    .join(',')
}

function splitTerms(text: string): string[] {
  if (text === '') return []
  const terms: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ',') {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  return [...terms, text.slice(start)]
}

function parseTerm(term: string, whole: string): FieldTerm {
  const found = /!=|==|=/.exec(term)
  if (!found) throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`)
  const value = unescapeValue(term.slice(found.index + found[0].length))
  return { field: term.slice(0, found.index), isEqual: found[0] !== '!=', value }
}

function unescapeValue(text: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? ''
    if (character === '\\') {
      const next = text[++i] ?? ''
      if (!['\\', ',', '='].includes(next)) {
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${next}`)
      }
      out += next
    } else if (character === '=' || character === ',') {
      throw new SelectorError(
        `invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`,
      )
    } else out += character
  }
  return out
}
