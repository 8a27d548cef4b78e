"""Runs the schema steps on the connection it is given, inside its transaction."""

from alembic import context

from cavendish.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the caller's transaction holds it all
)
context.run_migrations()
