/** Placeholder until fitted below. */
export const HAR = { constant: -0.5, day: 0.25, week: 0.35, month: 0.35 };
