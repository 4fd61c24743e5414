import type { Forecaster } from './agent.ts';
import { directionForecast, directionQuestions } from './questions.ts';

/** A mood counts that is this strong, of so many posts, over a window that was listened to, and not older. */
const STRONG = 0.3;
const LEAST_POSTS = 20;
const LEAST_COVERAGE = 0.5;
const STALE_MS = 6 * 3_600_000;
/** However sure the crowd is, it is not wrong by more than this. Not fitted: there is no aligned history of posts to fit it on. */
const MOST_LEAN = 0.03;

/** Leans against the crowd where the posts that the user's host delivers are of one mind; otherwise it abstains. */
export const contrarianSocial: Forecaster = {
  id: 'contrarian-social',
  version: '1.0.0',
  about: 'direction against a social mood that is of one mind',
  forecast(request, told) {
    const mood = told.mood(request.market.symbol);
    if (mood === null || request.at - mood.at > STALE_MS) return 'no social mood of this symbol was delivered of late';
    if (mood.posts < LEAST_POSTS || mood.coverage < LEAST_COVERAGE) return `too few posts: ${mood.posts}`;
    if (Math.abs(mood.sentiment) < STRONG) return 'the crowd is of two minds';
    const forecasts = directionQuestions(request).map((local) => directionForecast(local, 0.5 - MOST_LEAN * mood.sentiment, 0.1));
    return forecasts.length === 0 ? 'no direction was asked' : forecasts;
  },
};
