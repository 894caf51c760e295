/**
 * The NVIDIA tables in catalog/tables: Xid numbers, NVLink 5 decode rows of Xid 144–150, NVSwitch SXid numbers. They
 * are tables instead of reasons, because one catalogue entry covers all codes of a severity.
 */
import { parse } from 'yaml'
import * as z from 'zod'
import { defined } from '../model/defined.ts'
import type { CompiledTables } from './compiled.ts'
import { complaintOf } from './complaint.ts'
import { CatalogueError, type CatalogueSource } from './load.ts'

const severity = z.enum(['info', 'warning', 'fatal'])
const bits = z.string().regex(/^[01-]{32}$/, 'not a bit pattern: 32 characters of 0, 1 and -')

export const xidFileSchema = z.strictObject({
  unknown: severity,
  xids: z.array(
    z.strictObject({
      code: z.int().min(0),
      name: z.string(),
      summary: z.string(),
      severity,
      scope: z.enum(['hardware', 'application']),
      action: z.string(),
    }),
  ),
  composites: z.array(
    z.strictObject({
      name: z.string(),
      all: z.array(z.int()).min(1),
      any: z.array(z.int()).optional(),
      alone: z.boolean().optional(),
      action: z.string(),
      advice: z.string(),
    }),
  ),
})

export const nvlink5FileSchema = z.strictObject({
  rows: z.array(
    z.strictObject({
      xid: z.int().min(144).max(150),
      unit: z.string(),
      intrV1: bits,
      intrV2: bits,
      status: z.string().optional(),
      severity,
      action: z.string(),
      promoteV1: bits.optional(),
      promoteV2: bits.optional(),
      advice: z.string().optional(),
    }),
  ),
})

export const sxidFileSchema = z.strictObject({
  moved: z.array(z.strictObject({ from: z.int(), to: z.int(), texts: z.array(z.string()).min(1), by: z.int() })),
  sxids: z.array(
    z.strictObject({
      code: z.int().min(0),
      name: z.string(),
      summary: z.string(),
      severity,
      action: z.string(),
      override: z.boolean().optional(),
      marker: z.boolean().optional(),
    }),
  ),
})

/** Reads `xid.yaml`, `nvlink5.yaml` and `sxid.yaml` through `read`; throws CatalogueError naming file and row. */
export function loadTables(read: (file: string) => CatalogueSource): CompiledTables {
  const xid = check(xidFileSchema, read('xid.yaml'))
  const sxid = check(sxidFileSchema, read('sxid.yaml'))
  return {
    xids: byCode(xid.xids.map(({ summary: _, ...row }) => defined(row))),
    composites: xid.composites.map(defined),
    nvlink5: check(nvlink5FileSchema, read('nvlink5.yaml')).rows.map(defined),
    sxids: byCode(sxid.sxids.map(({ summary: _, ...row }) => defined(row))),
    moved: sxid.moved,
    unknown: xid.unknown,
  }
}

/** Sorts by code, for the decoders' binary search. */
function byCode<T extends { readonly code: number }>(rows: readonly T[]): T[] {
  return rows.toSorted((a, b) => a.code - b.code)
}

function check<T>(schema: z.ZodType<T>, source: CatalogueSource): T {
  const parsed = schema.safeParse(parse(source.text))
  if (parsed.success) return parsed.data
  throw new CatalogueError(
    parsed.error.issues.map((issue) => ({
      file: source.file,
      line: 1,
      column: 1,
      message: `${issue.path.join('.')}: ${complaintOf(issue)}`,
    })),
  )
}
