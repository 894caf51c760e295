/** The HTTP side of the server: reads a request, authenticates and authorizes it, and writes its answer or streams its watch. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiFailure, internal, pageNotFound, tooLarge } from '../failure.ts'
import type { Json, JsonObject } from '../json.ts'
import { isTrue } from '../watch.ts'
import { authenticate, authorize, authorizePage } from './access.ts'
import { type ApiRequest, handle, type WatchAnswer } from './handle.ts'
import { answerForm, mediaType, parseBody } from './negotiate.ts'
import { plainPage } from './pages.ts'
import { isServed, resourceRoute, segments, verbOf } from './route.ts'
import type { ServerState } from './server-state.ts'
import { streamWatch } from './stream.ts'

/** Limit of a request body, as on the real server. */
export const maxBodyBytes = 3 * 1024 * 1024

/** Answers one request; never throws. */
export async function serve(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await answer(state, request, response)
  } catch (error) {
    const failure =
      error instanceof ApiFailure ? error : internal(error instanceof Error ? error.message : String(error))
    writeFailure(response, failure)
  }
}

async function answer(state: ServerState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://loopback')
  const path = segments(url.pathname)
  const user = authenticate(state.users, request.headers.authorization)
  const bytes = await readBody(request)
  const page = await plainPage(state, user, {
    path,
    method: request.method ?? 'GET',
    accept: request.headers.accept,
    body: bytes,
    contentType: mediaType(request.headers['content-type']),
  })
  if (page) {
    authorizePage(user, request.method ?? 'GET', path)
    return writeText(response, page.code, page.type, page.body)
  }
  if (!isResourcePath(state, path)) throw pageNotFound()
  const route = resourceRoute(state.cluster.kinds, path)
  const watching = isTrue(url.searchParams.get('watch'))
  const verb = verbOf(request.method ?? 'GET', route, watching)
  authorize(user, verb, route)
  const form = answerForm(request.headers.accept)
  const contentType = mediaType(request.headers['content-type'])
  const body = await bodyOf(bytes, contentType)
  const userAgent = request.headers['user-agent'] ?? ''
  const warn = (text: string): void => void response.appendHeader('Warning', `299 - ${JSON.stringify(text)}`)
  const call: ApiRequest = { verb, route, query: url.searchParams, body, contentType, form, userAgent, warn }
  const result = handle(state.cluster, call)
  if ('watch' in result) return startWatch(state, call, result, response)
  writeJson(response, result.code, result.body)
}

function isResourcePath(state: ServerState, path: readonly string[]): boolean {
  if (path[0] === 'api') return path.length > 1
  return path[0] === 'apis' && path.length > 2 && isServed(state.cluster.kinds, path)
}

async function bodyOf(body: Buffer, type: string): Promise<Json | undefined> {
  return body.length === 0 ? undefined : parseBody(body, type)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw tooLarge(maxBodyBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function startWatch(state: ServerState, call: ApiRequest, result: WatchAnswer, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const stop = streamWatch(state.cluster, call, result, response)
  state.watches.add(stop)
  response.once('close', () => {
    state.watches.delete(stop)
    stop()
  })
}

export function writeJson(response: ServerResponse, code: number, body: JsonObject): void {
  writeText(response, code, 'application/json', `${JSON.stringify(body)}\n`)
}

function writeText(response: ServerResponse, code: number, type: string, text: string): void {
  if (response.writableEnded || response.headersSent) return void response.destroy()
  const length = Buffer.byteLength(text)
  response.writeHead(code, { 'content-type': type, 'content-length': length, 'cache-control': 'no-cache, private' })
  response.end(text)
}

function writeFailure(response: ServerResponse, failure: ApiFailure): void {
  if (failure.code === 404 && failure.reason === '') {
    writeText(response, 404, 'text/plain; charset=utf-8', `${failure.message}\n`)
    return
  }
  const retry = failure.details?.retryAfterSeconds
  if (retry !== undefined && !response.headersSent) response.setHeader('Retry-After', String(retry))
  if (failure.code === 413 && !response.headersSent) response.setHeader('Connection', 'close')
  writeJson(response, failure.code, failure.status)
}
