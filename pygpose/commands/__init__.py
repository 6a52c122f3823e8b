"""The subcommands of ``pygpose``, one a module; those that look at data and convert them are ``pygpose.data``'s."""
