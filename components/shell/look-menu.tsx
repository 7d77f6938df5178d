'use client';

import { Menu } from '@base-ui/react/menu';
import { Check, SunMoon } from 'lucide-react';
import { type Preferences, usePreference } from '@/lib/client/preferences';

const themes: [Preferences['theme'], string][] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['high-contrast', 'High contrast'],
];
const densities: [Preferences['density'], string][] = [
  ['auto', 'As the pointer needs'],
  ['comfortable', 'Comfortable'],
  ['dense', 'Dense'],
];
const rates: [string, string][] = [
  ['0', 'As fresh as can be'],
  ['10', 'At most every 10 s'],
  ['30', 'At most every 30 s'],
  ['60', 'At most every minute'],
];

/** Theme, row height and how often this browser asks: kept in this browser. */
export function LookMenu() {
  const [theme, setTheme] = usePreference('theme');
  const [density, setDensity] = usePreference('density');
  const [refresh, setRefresh] = usePreference('refreshSeconds');
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="icon-button" aria-label="Theme, rows and refresh" title="Theme, rows and refresh">
        <SunMoon className="icon" aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-layer" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="popup menu" aria-label="Theme, rows and refresh">
            <Choices
              name="Theme"
              options={themes}
              value={theme}
              onChange={(value) => setTheme(value as Preferences['theme'])}
            />
            <Menu.Separator className="menu-separator" />
            <Choices
              name="Rows"
              options={densities}
              value={density}
              onChange={(value) => setDensity(value as Preferences['density'])}
            />
            <Menu.Separator className="menu-separator" />
            <Choices
              name="Refresh"
              options={rates}
              value={String(refresh)}
              onChange={(value) => setRefresh(Number(value))}
            />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Choices({
  name,
  options,
  value,
  onChange,
}: {
  name: string;
  options: [string, string][];
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Menu.Group>
      <Menu.GroupLabel className="menu-group">{name}</Menu.GroupLabel>
      <Menu.RadioGroup value={value} onValueChange={(next) => onChange(String(next))}>
        {options.map(([option, label]) => (
          <Menu.RadioItem key={option} value={option} className="menu-item" closeOnClick={false}>
            <Menu.RadioItemIndicator render={<Check className="icon icon-small" aria-hidden />} />
            <span style={{ gridColumn: 2 }}>{label}</span>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    </Menu.Group>
  );
}
