/** The machine that the figures belong to. */
import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Figures } from './bench.ts'
import { round } from './figures/statistics.ts'

/** Cores, kernel, runtime, and how busy the machine was when the bench began (one-minute load). */
export function describeMachine(): Figures {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGB: round(totalmem() / 1e9, 1),
    kernel: release(),
    node: process.version,
    load1: round(loadavg()[0] ?? 0, 2),
  }
}
