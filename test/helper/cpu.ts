/** The milliseconds of processor time that this process spends on `run`: unlike the time on the wall it is the same on a busy machine. */
export async function cpuMsOf(run: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
