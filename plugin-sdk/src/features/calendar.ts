import type { Feature } from './feature.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const VOLUME_WINDOWS = [24, 120, 480] as const;

/** Share of the UTC day that had passed when the bar opened, as an angle. */
function angle(time: number): number {
  return ((time - Math.floor(time / DAY) * DAY) / DAY) * 2 * Math.PI;
}

/** 0 is Sunday; 1970-01-01 was a Thursday. */
function weekday(time: number): number {
  const day = (Math.floor(time / DAY) + 4) % 7;
  return day < 0 ? day + 7 : day;
}

/** When the last bar was, how long there was none before it, and how busy it was. Hours and days are UTC's, of the bar's opening. */
export const calendarFeatures: readonly Feature[] = [
  {
    name: 'hour_sin',
    needs: 1,
    scaleFree: true,
    says: 'sine of the UTC time of day at which the bar opened',
    compute: ({ bars, row }) => Math.sin(angle(bars.time[row] as number)),
  },
  {
    name: 'hour_cos',
    needs: 1,
    scaleFree: true,
    says: 'cosine of the UTC time of day at which the bar opened',
    compute: ({ bars, row }) => Math.cos(angle(bars.time[row] as number)),
  },
  ...WEEKDAYS.map((day, i): Feature => ({
    name: `weekday_${i}`,
    needs: 1,
    scaleFree: true,
    says: `1 where the bar opened on a ${day} (UTC), else 0`,
    compute: ({ bars, row }) => (weekday(bars.time[row] as number) === i ? 1 : 0),
  })),
  {
    name: 'gap_minutes',
    needs: 2,
    scaleFree: true,
    says: 'minutes between the openings of the last two bars: 60 for hours on end, about 2,940 over a weekend',
    compute: ({ bars, row }) => ((bars.time[row] as number) - (bars.time[row - 1] as number)) / MINUTE,
  },
  {
    name: 'log_gap',
    needs: 2,
    scaleFree: true,
    says: 'log of gap_minutes',
    compute: ({ bars, row }) => Math.log(((bars.time[row] as number) - (bars.time[row - 1] as number)) / MINUTE),
  },
  ...VOLUME_WINDOWS.map((window): Feature => ({
    name: `volume_ratio_${window}`,
    needs: window,
    scaleFree: true,
    says: `log of the last bar's volume over the mean of ${window} bars, 1 added to both; 0 where there is no volume`,
    compute: ({ bars, row, volume }) => Math.log((1 + (bars.volume[row] as number)) / (1 + volume.over(window) / window)),
  })),
];
