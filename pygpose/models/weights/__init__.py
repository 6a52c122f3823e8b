"""The weights of other people's files, put into models of ours."""
