/** Metadata of custom resources, whose other fields have a schema of their own. */
import { isObject, type Json, type JsonObject } from '../json.ts'
import { decode } from './decode.ts'
import { builtinType } from './types.ts'

const metaShape = builtinType('ObjectMeta')

/** Metadata of a custom resource, decoded as the real server decodes it. */
export function decodeMetadata(value: Json | undefined, kind: string, version: string): JsonObject {
  return isObject(value) ? decode(metaShape, value, kind, version).value : {}
}
