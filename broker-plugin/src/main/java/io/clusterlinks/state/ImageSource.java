// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

/** Where the current image is read from. Thread-safe. */
public interface ImageSource {
    /** The newest image this broker has applied. */
    LinkImage image();

    /** Whether the image is that of the state topic; until then it is an old one, good for the fence only. */
    boolean isCaughtUp();

    /** Has {@code listener} run after every change of the image, on the reader's thread: it must only enqueue. */
    void onChange(Runnable listener);
}
