/** Fields of a value that its shape does not have. */
import { isList, isObject, type Json } from '../json.ts'
import type { Shape } from './shape.ts'

/** Paths such as `spec.foo` or `status.conditions[0].bar`. */
export function undeclaredFields(shape: Shape, value: Json, path = ''): readonly string[] {
  if (shape.is === 'list' && isList(value)) {
    return value.flatMap((entry, index) => undeclaredFields(shape.of, entry, `${path}[${index}]`))
  }
  if (!isObject(value) || (shape.is !== 'struct' && shape.is !== 'map')) return []
  const out: string[] = []
  for (const [name, entry] of Object.entries(value)) {
    const here = path === '' ? name : `${path}.${name}`
    const inner = shape.is === 'map' ? shape.of : shape.fields.get(name)?.shape
    if (inner && entry !== undefined) out.push(...undeclaredFields(inner, entry, here))
    else if (!inner && shape.is === 'struct' && !shape.open) out.push(here)
  }
  return out
}
