// Memory and processor time of another process from /proc. On systems other than Linux
// measurable is false, and tests of memory are skipped.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export const measurable = existsSync('/proc/self/clear_refs')
export const MiB = 1024 // in KiB, the unit of resident and peak

/** Resident memory in KiB. */
export const resident = (pid) => field(pid, 'VmRSS')

/** Peak of the resident memory since the last resetPeak, in KiB. */
export const peak = (pid) => field(pid, 'VmHWM')

/** Resets the peak to the present resident memory. */
export const resetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5')

/** Processor time of a process, in ms, with a resolution of 10 ms. */
export function processorTime(pid) {
  const [, rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const [user, system] = rest.split(' ').slice(11, 13)
  return (Number(user) + Number(system)) * 10 // ticks of 1/100 s, on every Linux machine
}

function field(pid, name) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`${name}:\\s+(\\d+) kB`))[1])
}
