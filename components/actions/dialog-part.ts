import { later } from '@/lib/client/later';

/** The dialog of actions, fetched after the page. */
export const actionDialog = later(() => import('./action-dialog'));
