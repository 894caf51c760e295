/** RFC 6902. */
import { ApiFailure, badRequest } from '../failure.ts'
import { isList, isObject, type Json, sameJson } from '../json.ts'

const maxOperations = 10_000

/** Applies the operations in order. Throws 400 for a malformed patch, 422 for one that does not fit the document. */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (!isList(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch')
  if (patch.length > maxOperations) {
    throw new ApiFailure(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    )
  }
  return patch.reduce<Json>((current, operation) => step(current, operation), document)
}

function unfit(message: string): ApiFailure {
  return new ApiFailure(422, 'Invalid', `the server rejected our request due to an error in our request`, {
    causes: [{ reason: '', message }],
  })
}

function step(document: Json, operation: Json): Json {
  if (!isObject(operation)) throw badRequest('error decoding patch: operation is not an object')
  const { op, path, from, value } = operation
  if (typeof path !== 'string') throw unfit('missing path')
  const steps = pointer(path)
  const source = typeof from === 'string' ? pointer(from) : []
  switch (op) {
    case 'add':
      return edit(document, steps, 'add', value ?? null)
    case 'remove':
      return edit(document, steps, 'remove')
    case 'replace':
      return edit(document, steps, 'replace', value ?? null)
    case 'move':
      return edit(edit(document, source, 'remove'), steps, 'add', read(document, source))
    case 'copy':
      return edit(document, steps, 'add', read(document, source))
    case 'test':
      if (!sameJson(find(document, steps) ?? null, value ?? null)) throw unfit(`testing value ${path} failed`)
      return document
    default:
      throw unfit(`unexpected kind: ${String(op)}`)
  }
}

function pointer(text: string): readonly string[] {
  if (text === '') return []
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function find(document: Json, steps: readonly string[]): Json | undefined {
  let here: Json | undefined = document
  for (const name of steps) here = isList(here) ? here[Number(name)] : isObject(here) ? here[name] : undefined
  return here
}

function read(document: Json, steps: readonly string[]): Json {
  const found = find(document, steps)
  if (found === undefined) throw unfit(`from path is missing: /${steps.join('/')}`)
  return found
}

function edit(document: Json, steps: readonly string[], how: 'add' | 'remove' | 'replace', value?: Json): Json {
  const [name, ...rest] = steps
  if (name === undefined) return value ?? null
  if (isList(document)) return editList(document, { name, rest }, how, value)
  if (!isObject(document)) throw unfit(`missing path: /${steps.join('/')}`)
  const child = document[name]
  if (rest.length > 0) {
    if (child === undefined) throw unfit(`doc is missing path: /${steps.join('/')}`)
    return { ...document, [name]: edit(child, rest, how, value) }
  }
  if (how !== 'add' && child === undefined) throw unfit(`doc is missing key: ${name}`)
  if (how !== 'remove') return { ...document, [name]: value ?? null }
  const { [name]: _gone, ...kept } = document
  return kept
}

interface Place {
  readonly name: string
  readonly rest: readonly string[]
}

function editList(list: readonly Json[], place: Place, how: 'add' | 'remove' | 'replace', value?: Json): Json {
  const { name, rest } = place
  const index = name === '-' ? list.length : Number(name)
  const last = how === 'add' && rest.length === 0 ? list.length : list.length - 1
  if (!/^(-|\d+)$/.test(name) || index > last) throw unfit(`Unable to access invalid index: ${name}`)
  const child = list[index]
  if (rest.length > 0) return list.with(index, edit(child ?? null, rest, how, value))
  if (how === 'add') return list.toSpliced(index, 0, value ?? null)
  return how === 'remove' ? list.toSpliced(index, 1) : list.with(index, value ?? null)
}
