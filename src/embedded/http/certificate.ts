/**
 * A self-signed serving certificate for loopback, because `kubectl` sends a bearer token only over TLS. Node cannot make
 * one, so this file writes the DER structures of RFC 5280.
 */
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Clock } from '../../telemetry/clock.ts'

export interface Certificate {
  /** PEM; also the CA clients trust. */
  readonly cert: string
  readonly key: string
}

const yearMs = 365 * 24 * 3600 * 1000

const tag = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31, utcTime: 0x17 }
const oids = {
  ecdsaSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  subjectAltName: '551d11',
}

function der(type: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const length = content.length
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([type, ...head]), content])
}

const oid = (hex: string): Buffer => der(tag.oid, Buffer.from(hex, 'hex'))
const sequence = (...parts: readonly Buffer[]): Buffer => der(tag.sequence, ...parts)

function utcTime(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)
  return der(tag.utcTime, Buffer.from(`${text}Z`))
}

function name(commonName: string): Buffer {
  return sequence(der(tag.set, sequence(oid(oids.commonName), der(tag.utf8, Buffer.from(commonName)))))
}

/** Valid for 127.0.0.1, ::1 and localhost, from a day ago for a year. */
export function selfSigned(clock: Clock): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const body = certificateBody(publicKey, clock.now())
  const signature = createSign('SHA256').update(body).sign(privateKey)
  const whole = sequence(body, sequence(oid(oids.ecdsaSha256)), der(tag.bits, Buffer.from([0]), signature))
  const lines = whole.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function certificateBody(publicKey: KeyObject, now: number): Buffer {
  const subject = name('nodemend-embedded')
  const altNames = sequence(
    der(0x82, Buffer.from('localhost')),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
  )
  const authority = sequence(der(0x01, Buffer.from([0xff])))
  const extensions = sequence(
    sequence(oid(oids.basicConstraints), der(0x01, Buffer.from([0xff])), der(tag.octets, authority)),
    sequence(oid(oids.subjectAltName), der(tag.octets, altNames)),
  )
  // The serial differs between runs, so that a client never meets two certificates of one issuer and serial.
  const serial = Buffer.concat([Buffer.from([0x01]), publicKey.export({ type: 'spki', format: 'der' }).subarray(-8)])
  return sequence(
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    sequence(oid(oids.ecdsaSha256)),
    subject,
    sequence(utcTime(now - 24 * 3600 * 1000), utcTime(now + yearMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  )
}
