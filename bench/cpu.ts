import { readFile } from 'node:fs/promises';

/** Clock ticks of the kernel's accounting a second: USER_HZ, 100 on every Linux that Node runs on. */
const USER_HZ = 100;

/** CPU seconds (user and system) that a process has used, from /proc/PID/stat (proc(5), fields 14 and 15); null where there is no /proc. */
export async function cpuSeconds(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The command in brackets may hold spaces; the fields behind it do not.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
}
