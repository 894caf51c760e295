/** Opens the socket that an exchange goes over. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import { keepAliveProbeMs, type TlsMaterial } from '../transport.ts'

/** Shared by connections with one TLS material: parsed certificates, and the session that the next handshake resumes. */
export interface TlsShare {
  readonly material: TlsMaterial
  readonly context: SecureContext
  session: Buffer | undefined
}

/** Throws OpenSSL's error for an invalid certificate or key. */
export function shareTls(material: TlsMaterial): TlsShare {
  const { ca, cert, key } = material
  const context = createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  })
  return { material, context, session: undefined }
}

/**
 * Connects; `ready` is called when bytes may be written, which over TLS is after the server's certificate was checked:
 * a token must not be on its way before. `timeoutMs` of silence emit `timeout`.
 */
export function openSocket(server: URL, tls: TlsShare | undefined, timeoutMs: number, ready: () => void): Socket {
  const host = server.hostname.replace(/^\[|\]$/g, '')
  const port = Number(server.port) || (tls ? 443 : 80)
  const socket = tls ? openTls(host, port, tls, timeoutMs) : connectTcp({ host, port, timeout: timeoutMs })
  socket.once('connect', () => {
    socket.setNoDelay(true)
    socket.setKeepAlive(true, keepAliveProbeMs)
  })
  socket.once(tls ? 'secureConnect' : 'connect', ready)
  return socket
}

function openTls(host: string, port: number, share: TlsShare, timeout: number): Socket {
  const { serverName, insecureSkipTlsVerify } = share.material
  const name = serverName ?? host
  const socket = connectTls({
    host,
    port,
    timeout,
    secureContext: share.context,
    rejectUnauthorized: !insecureSkipTlsVerify,
    ALPNProtocols: ['http/1.1'],
    // SNI is for names only (RFC 6066); the check of the certificate's name does not depend on it.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    ...(share.session && { session: share.session }),
  })
  socket.on('session', (session: Buffer) => {
    share.session = session
  })
  socket.once('error', () => {
    share.session = undefined // the server may have refused the session
  })
  return socket
}
