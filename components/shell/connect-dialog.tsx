'use client';

import { useRef } from 'react';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { SqlBlock } from '../ui/sql';

const roles = `create role pgdeck_read login password 'choose-one' connection limit 6;
grant pg_monitor to pgdeck_read;

create role pgdeck_action login password 'choose-another' connection limit 6;
grant pg_monitor, pg_signal_backend to pgdeck_action;
grant pg_maintain to pgdeck_action; -- PostgreSQL 17 and newer: may ANALYZE every table

create extension if not exists pg_stat_statements; -- in the database that pgdeck connects to`;

const start = `export DATABASE_URL='postgresql://pgdeck_read:choose-one@db.example.com:5432/shop'
export PGDECK_ACTION_URL='postgresql://pgdeck_action:choose-another@db.example.com:5432/shop'
npm start`;

/** How one's own server is connected: two roles, two addresses, one command. */
export function ConnectDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const close = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      initialFocus={close}
      title="Connect your server"
      lead="PostgreSQL 14 or newer. Nothing is installed on it: pgdeck needs a role that may read the statistics views, and a second one to act."
      footer={
        <>
          <span className="push" />
          <Button ref={close} large onClick={() => onOpenChange(false)}>
            Close
          </Button>
        </>
      }
    >
      <div>
        <p className="soft">1. On your server, as a superuser:</p>
        <SqlBlock sql={roles} label="SQL of the roles" />
      </div>
      <div>
        <p className="soft">2. Where pgdeck runs, stop it with Ctrl-C, then:</p>
        <SqlBlock sql={start} label="commands" />
      </div>
      <p className="soft">
        Without PGDECK_ACTION_URL the first role acts as well. Sampling stays read-only either way. The page on
        connecting in the documentation (docs/connect.md) tells what each right is for.
      </p>
    </Dialog>
  );
}
