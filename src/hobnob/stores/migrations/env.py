"""What Alembic runs: the migrations, on the connection and in the transaction that it was given."""

from alembic import context

from hobnob.stores.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
