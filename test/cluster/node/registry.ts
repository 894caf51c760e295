/** A registry that serves small images, so that a test node pulls what people's commands name. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './forward.ts'
import { type Blobs, MANIFEST_TYPE } from './small-image.ts'

/** Serves `images` on `address`; a path has no host, so `docker.io/library/ubuntu:latest` answers as `library/ubuntu`. */
export async function startRegistry(
  address: string,
  images: readonly Blobs[],
): Promise<{ port: number; close(): void }> {
  const server = createServer((request, response) => answer(images, request, response))
  const port = await listen(server, address)
  return {
    port,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function answer(images: readonly Blobs[], request: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = (request.url ?? '').split('?')
  const [, name = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? []
  const image = images.find((one) => repositoryOf(one) === name)
  const digest = kind === 'manifests' && !reference.startsWith('sha256:') ? image?.manifest : reference
  const bytes = digest === undefined ? undefined : image?.content.get(digest)
  if (bytes === undefined || digest === undefined) {
    response.writeHead(path === '/v2/' ? 200 : 404).end()
    return
  }
  response.writeHead(200, {
    'content-type': kind === 'manifests' ? MANIFEST_TYPE : 'application/octet-stream',
    'content-length': bytes.length,
    'docker-content-digest': digest,
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** `library/ubuntu` of `docker.io/library/ubuntu:latest`. */
function repositoryOf({ name }: Blobs): string {
  return name.slice(name.indexOf('/') + 1).replace(/:[^/]*$/, '')
}
