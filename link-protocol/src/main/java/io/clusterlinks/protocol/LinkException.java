// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import java.util.Objects;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.protocol.Errors;

/**
 * The one exception of cluster linking: a Kafka error code and one line that names the thing and the remedy. Everything
 * that fails is classified into it once, where it enters the plugin or the client.
 */
public class LinkException extends KafkaException {
    private static final long serialVersionUID = 1L;

    private final Errors error;

    public LinkException(Errors error, String message) {
        super(message);
        this.error = Objects.requireNonNull(error);
    }

    public LinkException(Errors error, String message, Throwable cause) {
        super(message, cause);
        this.error = Objects.requireNonNull(error);
    }

    /** The Kafka error code under which the failure travels on the wire. */
    public Errors error() {
        return error;
    }

    public static LinkException invalid(String message) {
        return new LinkException(Errors.INVALID_REQUEST, message);
    }

    public static LinkException invalidConfig(String message) {
        return new LinkException(Errors.INVALID_CONFIG, message);
    }

    public static LinkException notFound(String message) {
        return new LinkException(Errors.RESOURCE_NOT_FOUND, message);
    }

    public static LinkException unavailable(String message) {
        return new LinkException(Errors.COORDINATOR_NOT_AVAILABLE, message);
    }
}
