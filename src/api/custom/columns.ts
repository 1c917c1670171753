// The columns of `kubectl get` for a custom resource: those that its definition names, or its age.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/tableconvertor/tableconvertor.go

import { jsonPath } from '#api/custom/json-path.ts'
import { ageColumn, nameColumn, since } from '#api/kinds/columns.ts'
import type { Column } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { CustomResourceColumnDefinition } from '#api/types/apiextensions.ts'

type ColumnType = Column<JsonObject>['type']
type Cell = string | number | boolean | null

const AGE: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
}

export function columnsOf(
  definitions: readonly CustomResourceColumnDefinition[] | undefined,
): readonly Column<JsonObject>[] {
  const named = definitions && definitions.length > 0 ? definitions.map(columnOf) : [age()]
  return [nameColumn<JsonObject>(), ...named]
}

function age(): Column<JsonObject> {
  const { description: _description, ...column } = columnOf(AGE)
  return {
    ...column,
    get description() {
      return ageColumn().description
    },
  }
}

function columnOf(definition: CustomResourceColumnDefinition): Column<JsonObject> {
  const { name, description, format, priority } = definition
  const path = jsonPath(definition.jsonPath)
  const type = definition.type as ColumnType
  return {
    name,
    type,
    ...(format && { format }),
    description:
      description || `Custom resource definition column (in JSONPath format): ${definition.jsonPath}`,
    priority: priority ?? 0,
    cell(object, now) {
      const [value] = path(object)
      return value === undefined || value === null ? null : cellOf(type, value, now)
    },
  }
}

/** What does not fit the type of its column is left blank. */
function cellOf(type: ColumnType, value: unknown, now: number): Cell {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value !== 'string'
        ? null
        : Number.isNaN(Date.parse(value))
          ? '<invalid>'
          : since(value, now)
  }
}
