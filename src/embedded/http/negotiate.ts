/** The form of an answer: JSON, metadata only, or a Table. */
import { badRequest as badBody, notAcceptable, unsupportedMediaType } from '../failure.ts'
import type { Json } from '../json.ts'
import { readProtobuf } from '../schema/protobuf.ts'

export type Form = 'object' | 'table' | 'metadata'

interface MediaRange {
  readonly type: string
  readonly params: Readonly<Record<string, string>>
  readonly weight: number
}

const offered = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/cbor']

/** The media ranges of an Accept header, best first. */
export function parseAccept(header: string | undefined): readonly MediaRange[] {
  const ranges = (header || '*/*').split(',').map((part) => {
    const [type = '', ...params] = part.split(';').map((piece) => piece.trim())
    const pairs = Object.fromEntries(params.map((param) => param.split('=', 2).map((side) => side.trim())))
    return { type: type.toLowerCase(), params: pairs as Record<string, string>, weight: Number(pairs.q ?? 1) }
  })
  return ranges.filter((range) => range.weight > 0).sort((a, b) => b.weight - a.weight)
}

/** The first acceptable form that the server can write. Throws 406. */
export function answerForm(header: string | undefined): Form {
  for (const range of parseAccept(header)) {
    if (!isJson(range.type)) continue
    const as = range.params.as
    if (as === undefined) return 'object'
    if (range.params.g !== 'meta.k8s.io' || range.params.v !== 'v1') continue
    if (as === 'Table') return 'table'
    if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return 'metadata'
  }
  throw notAcceptable(offered)
}

function isJson(type: string): boolean {
  return type === 'application/json' || type === 'application/*' || type === '*/*'
}

export const protobufType = 'application/vnd.kubernetes.protobuf'
const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/cbor']

/** The media type of a body without parameters; JSON when the header is absent. */
export function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() || 'application/json'
}

/** Parses a body. Throws 400 for text that is neither JSON nor YAML, 415 for another type. */
export async function parseBody(body: Buffer, type: string): Promise<Json> {
  if (type === protobufType) return readProtobuf(body)
  const text = body.toString('utf8')
  if (/json$/.test(type)) return parseJson(text)
  if (/yaml$/.test(type)) {
    const { parse } = await import('yaml')
    try {
      return parse(text) as Json // YAML of the JSON subset; odd values are refused when decoded
    } catch (error) {
      throw badBody(`error converting YAML to JSON: ${error instanceof Error ? error.message : 'unreadable'}`)
    }
  }
  throw unsupportedMediaType(bodyTypes)
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json // the one place where bodies enter
  } catch (error) {
    throw badBody(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : 'unreadable'}`,
    )
  }
}
