// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

/** Where the current image is read from. Thread-safe. */
public interface ImageSource {
    /** The newest image this broker has applied. */
    LinkImage image();

    /** Has {@code listener} run after every change of the image, on the reader's thread: it must only enqueue. */
    void onChange(Runnable listener);
}
