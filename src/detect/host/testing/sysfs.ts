/** Writes a machine's block devices into a folder, as sysfs and the mount table of init show them. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const paths = {
  usb: 'pci0000:00/0000:00:14.0/usb2/2-4/2-4:1.0/host6/target6:0:0/6:0:0:0',
  sata: 'pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0',
  nvme: 'pci0000:00/0000:01:00.0/nvme/nvme1',
  virtual: 'virtual',
} as const

export class Sysfs {
  readonly root = mkdtempSync(join(tmpdir(), 'nodemend-sysfs-'))

  /** A whole device, e.g. `disk('sdb', paths.usb, { removable: true })`. */
  disk(
    name: string,
    path: string,
    { removable = false, number = '8:16', slaves = [] as readonly string[] } = {},
  ): this {
    const folder = `sys/devices/${path}/block/${name}`
    this.file(`${folder}/removable`, removable ? '1\n' : '0\n')
    this.file(`${folder}/dev`, `${number}\n`)
    for (const slave of slaves) this.file(`${folder}/slaves/${slave}/dev`, '')
    return this.#link(name, `../../devices/${path}/block/${name}`)
  }

  /** A partition of an existing disk. */
  partition(name: string, disk: string, path: string, number = '8:17'): this {
    this.file(`sys/devices/${path}/block/${disk}/${name}/dev`, `${number}\n`)
    return this.#link(name, `../../devices/${path}/block/${disk}/${name}`)
  }

  /** Removes what sysfs drops when the device is unplugged. */
  gone(name: string): this {
    rmSync(join(this.root, 'sys/class/block', name), { recursive: true })
    return this
  }

  /** Writes `/proc/1/mountinfo`; the first two fields of each line are added. */
  mounts(...lines: readonly string[]): this {
    this.file('proc/1/mountinfo', lines.map((line, index) => `${index + 30} 1 ${line}\n`).join(''))
    return this
  }

  file(path: string, text: string): void {
    mkdirSync(join(this.root, path, '..'), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  end(): void {
    rmSync(this.root, { recursive: true })
  }

  #link(name: string, target: string): this {
    mkdirSync(join(this.root, 'sys/class/block'), { recursive: true })
    rmSync(join(this.root, 'sys/class/block', name), { force: true })
    symlinkSync(target, join(this.root, 'sys/class/block', name))
    return this
  }
}
