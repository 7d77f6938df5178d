import { later } from '@/lib/client/later';

/** The dialog of actions. */
export const actionDialog = later(() => import('./actions/action-dialog'));

/** What draws only those rows of a long table that are seen. */
export const manyRows = later(() => import('./table/many-rows'));

/** Every part that is fetched after the page. */
export const parts = [actionDialog, manyRows];
