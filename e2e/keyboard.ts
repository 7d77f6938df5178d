import type { Locator, Page } from '@playwright/test';
import { expect } from './fixtures/test';

/** Goes to an element as somebody without a pointer does: with Tab, or back with Shift and Tab. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 80; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  await expect(target).toBeFocused();
}

/** Goes to a button and presses it, once it is not off. */
export async function pressOn(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await tabTo(page, target, key);
  await expect(target).toBeEnabled();
  await page.keyboard.press('Enter');
}
