"""Crops of pictures whose every value is known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pygpose.data.features.crops import CROP_SIZE, boxes_of_keypoints, crop_image, keypoints_in_crop


def ramps(height=90, width=120):
    """Red is the column, green the row, blue full."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = np.arange(width), np.arange(height)[:, None], 255
    return image


def test_pixels_lie_where_the_box_says():
    x, y, side = 61.5, 44.25, 50.0
    crop = 255 * crop_image(ramps(), np.array([x, y, side, side]))
    places = (np.arange(224) - 112) * (1.2 * side / 224)
    assert crop.shape == (3, 224, 224)
    np.testing.assert_allclose(crop[0].numpy(), np.broadcast_to(x + places, (224, 224)), atol=2e-3)
    np.testing.assert_allclose(crop[1].numpy(), np.broadcast_to(y + places[:, None], (224, 224)), atol=2e-3)
    np.testing.assert_allclose(crop[2].numpy(), 255, atol=1e-3)


def test_beyond_the_image_is_black():
    crop = crop_image(ramps(), np.array([0.0, 0.0, 60.0, 60.0]))
    step = 72 / 224
    outside = np.arange(224) < 112 - 1 / step  # further from the first pixel than a pixel
    assert (crop[:, outside] == 0).all() and (crop[:, :, outside] == 0).all()
    np.testing.assert_allclose(crop[2, 112:, 112:].numpy(), 1, atol=1e-5)
    assert (crop_image(ramps(), np.array([500.0, 500.0, 60.0, 60.0])) == 0).all()


def test_linear_between_pixels():
    image = np.zeros((40, 40, 3), np.uint8)
    image[20, 20] = 255
    crop = crop_image(image, np.array([20.0, 20.0, 20.0, 20.0]))
    places = (np.arange(224) - 112) * (24 / 224)
    tent = (1 - abs(places)).clip(0)
    np.testing.assert_allclose(crop[1].numpy(), tent * tent[:, None], atol=1e-5)


@given(st.floats(-50, 200), st.floats(-50, 200), st.floats(5, 300), st.floats(5, 300))
def test_keypoints_go_with_the_pixels(x, y, width, height):
    """The crop's corner is -1, its middle 0; a keypoint's pixel in the crop is (its coordinate + 1) half its size."""
    box = np.array([[x, y, width, height]])
    corner, middle = keypoints_in_crop(np.array([[[x - 0.6 * width, y - 0.6 * height], [x, y]]]), box)[0]
    np.testing.assert_allclose(corner, -1, atol=1e-9)
    np.testing.assert_allclose(middle, 0, atol=1e-9)


def test_a_keypoint_and_its_pixel():
    image = np.zeros((100, 100, 3), np.uint8)
    image[30, 70] = 255
    box = np.array([55.0, 42.0, 80.0, 80.0])
    crop = crop_image(image, box)[0]
    row, column = divmod(int(crop.argmax()), CROP_SIZE)
    place = keypoints_in_crop(np.array([[[70.0, 30.0]]]), box[None])[0, 0]
    assert np.abs((place + 1) * CROP_SIZE / 2 - [column, row]).max() <= 0.5


def test_boxes_of_keypoints():
    points = np.array([[[10.0, 20], [30, 100], [900, 900]], [[5, 5], [5, 5], [0, 0]], [[1, 1], [2, 2], [3, 3]]])
    seen = np.array([[1.0, 0.2, 0], [1, 1, 0], [0, 0, 0]])
    boxes = boxes_of_keypoints(points, seen)
    assert boxes[0].tolist() == pytest.approx([20, 60, 88, 88])
    assert np.isnan(boxes[1:]).all()


def test_a_picture_of_one_pixel():
    crop = crop_image(np.full((1, 1, 3), 255, np.uint8), np.array([0.0, 0.0, 10.0, 10.0]))
    assert torch.isfinite(crop).all() and crop.max() == 1 and crop[:, 112, 112].tolist() == [1, 1, 1]
