"""``python -m pygpose.features``: the image features of a video's frames (:mod:`pygpose.inference.features`)."""

from pygpose.inference.features import main

if __name__ == "__main__":
    main()
