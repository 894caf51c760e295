/** The JSON text of objects, shared by all answers and watches. */
import type { ApiObject, JsonObject } from '../json.ts'

const texts = new WeakMap<JsonObject, string>()

/** The JSON text of a stored object, made once per object. */
export function textOf(object: ApiObject | JsonObject): string {
  const known = texts.get(object)
  if (known !== undefined) return known
  const text = JSON.stringify(object)
  texts.set(object, text)
  return text
}
